console.log('clickmask');
